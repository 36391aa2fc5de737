// Light and dark. Colours live in the style sheet; the canvas asks for them here.

const kTheme = 'lockstep-theme';
let known = new Map();

export function startTheme(onChange) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const use = () => {
    document.documentElement.dataset.theme = localStorage.getItem(kTheme) ?? (dark.matches ? 'dark' : 'light');
    known = new Map();
    onChange();
  };
  dark.addEventListener('change', use);
  use();
  return () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(kTheme, next);
    use();
  };
}

/** The value of the style sheet's --NAME. */
export function colour(name) {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    known.set(name, value);
  }
  return value;
}
