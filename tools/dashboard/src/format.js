// Numbers and times as people read them. Prices stay the daemon's own texts.

/** -0.333 as "−0.33", 0.25 as "+0.25"; "–" for what is undefined. */
export function signed(value, decimals = 2) {
  if (value === null || value === undefined) return '–';
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return (value > 0 ? '+' : '−') + text;
}

export function plain(value, decimals) {
  return value === null || value === undefined ? '–' : value.toFixed(decimals);
}

/** Milliseconds as "0.3 s", "42 s", "5 m", "3 h", "2 d". */
export function age(ms) {
  if (ms === null || ms === undefined) return '–';
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} m`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** UTC, to the minute. */
export function time(ms) {
  return ms === null ? '–' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';
}

export function side(direction) {
  return direction === 1 ? 'long' : direction === -1 ? 'short' : '–';
}

/** The class that colours a number by its sign. */
export function tone(value) {
  return value > 0 ? 'up' : value < 0 ? 'down' : 'flat';
}
