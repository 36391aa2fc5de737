// Bundles the page: node build.mjs SOURCES OUT. Run where node_modules is.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [sources, out] = process.argv.slice(2);
const kTypes = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/assets/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/assets/app.css', 'app.css', 'text/css; charset=utf-8'],
  ['/assets/icon.svg', 'icon.svg', 'image/svg+xml'],
];

mkdirSync(out, { recursive: true });
await build({
  entryPoints: { app: join(sources, 'main.js') }, outdir: out, bundle: true, minify: true, format: 'iife',
  target: 'es2022', legalComments: 'none', nodePaths: [join(process.cwd(), 'node_modules')], logLevel: 'warning',
});
await build({
  entryPoints: { app: join(sources, 'style.css') }, outdir: out, bundle: true, minify: true, logLevel: 'warning',
  external: ['/assets/*'],
});
for (const name of ['index.html', 'icon.svg']) writeFileSync(join(out, name), readFileSync(join(sources, name)));

// One C++ file: octets as text, which every compiler takes quickly.
const octets = (bytes) => {
  const lines = [];
  for (let i = 0; i < bytes.length; i += 32) {
    lines.push('"' + [...bytes.subarray(i, i + 32)].map((b) => '\\' + b.toString(8).padStart(3, '0')).join('') + '"');
  }
  return lines.join('\n');
};
let text = '// Made by tools/dashboard/build.mjs.\n#include "tools/dashboard/page.hpp"\n\nnamespace lockstep::tools {\nnamespace {\n\n';
const entries = [];
let total = 0;
kTypes.forEach(([path, file, type], i) => {
  const plain = readFileSync(join(out, file));
  const gzip = gzipSync(plain, { level: 9 });
  total += gzip.length;
  const etag = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  text += `constexpr char kPlain${i}[] =\n${octets(plain)};\nconstexpr char kGzip${i}[] =\n${octets(gzip)};\n`;
  entries.push(`    {"${path}", "${type}", "\\"${etag}\\"", {kPlain${i}, sizeof kPlain${i} - 1}, {kGzip${i}, sizeof kGzip${i} - 1}},`);
});
text += `\nconstexpr engine::StaticFile kFiles[] = {\n${entries.join('\n')}\n};\n\n}  // namespace\n\n`;
text += 'std::span<const engine::StaticFile> page_files() {\n  return kFiles;\n}\n\n}  // namespace lockstep::tools\n';
writeFileSync(join(out, 'page.cpp'), text);
console.log(`dashboard: ${total} bytes compressed`);
