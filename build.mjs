// Bundles src into dist: one ESM build with split chunks, so that a command loads only what it uses.
// What each option buys was measured; every patch throws when a new version of its target no longer has the text it changes.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Replaces `from` in a dependency's source, or fails the build: a patch must never be lost silently. */
function replaced(source, from, to) {
  if (!source.includes(from)) throw new Error(`patch no longer applies: ${from}`);
  return source.replace(from, to);
}

function patch(filter, change) {
  return {
    name: `patch ${filter}`,
    setup(b) {
      b.onLoad({ filter }, async ({ path }) => ({
        loader: "js",
        contents: change(await readFile(path, "utf8")),
      }));
    },
  };
}

const stubDevtools = {
  name: "no devtools",
  setup(b) {
    b.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: "devtools", namespace: "stub" }));
    b.onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: "export default {}" }));
  },
};

/** Options shared by the program's bundle and the tests' bundles. */
export const common = {
  bundle: true,
  platform: "node",
  format: "esm",
  splitting: true,
  target: "node20",
  jsx: "automatic",
  logLevel: "warning",
  absWorkingDir: root,
  // string-width builds its Unicode tables for 40 ms at every start and needs 50 µs for each non-ASCII string.
  alias: { "string-width": "fast-string-width" },
  external: ["node:sqlite", "@photostructure/sqlite"],
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  plugins: [
    // yoga decodes its WASM through fetch('data:…'), which starts all of Node's HTTP client; decode it inline.
    patch(/yoga-wasm-base64-esm\.js$/, (s) => replaced(s, 'w||"function"!=typeof fetch?', "true?")),
    // Ink forgets its per-string caches after every frame; keep them, within bounds.
    patch(/ink\/build\/output\.js$/, (s) =>
      replaced(
        replaced(s, "caches = new OutputCaches();", "caches = sharedCaches();"),
        "export default class Output",
        "let shared;function sharedCaches(){if(!shared||shared.styledChars.size>4000||shared.widths.size>8000)shared=new OutputCaches();return shared}\nexport default class Output",
      ),
    ),
    // It has ICU read its tables for 8 ms at every start; do so when there is something to measure.
    patch(/fast-string-truncated-width\/dist\/index\.js$/, (s) =>
      ["CJKT_WIDE_RE", "EMOJI_RE", "MODIFIER_RE"].reduce(
        (text, name) =>
          replaced(text, `const ${name} = `, `let ${name}_;const ${name} = () => ${name}_ ??= `).replaceAll(
            new RegExp(`(?<!const )\\b${name}\\b`, "g"),
            `${name}()`,
          ),
        s,
      ),
    ),
    // yargs lays out its help for every command that runs, for 5 ms.
    patch(/yargs\/build\/lib\/command\.js$/, (s) =>
      replaced(s, "yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();", ""),
    ),
    stubDevtools,
  ],
};

/** The licences of the packages that are bundled, which ask to go along with what is made of them. */
async function licenses(inputs) {
  const found = inputs.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const texts = [...new Set(found.filter(Boolean))].sort().map(async (directory) => {
    const { name, version, license } = JSON.parse(await readFile(`${root}${directory}/package.json`, "utf8"));
    const file = (await readdir(`${root}${directory}`)).find((each) => /^(licen[cs]e|copying)/i.test(each));
    const text = file ? await readFile(`${root}${directory}/${file}`, "utf8") : `${license}\n`;
    return `${name} ${version}\n\n${text.trimEnd()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

export async function buildProgram() {
  const { metafile } = await build({
    ...common,
    // Threads that import something are files of their own.
    entryPoints: { postern: "src/cli/main.ts", "picture-thread": "src/tui/terminal/picture-thread.ts" },
    outdir: "dist",
    minify: true,
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"', "process.env.DEV": '"false"' },
  });
  // What an earlier build left goes last: a program that runs meanwhile finds its chunks.
  await writeFile(`${root}dist/licenses.txt`, await licenses(Object.keys(metafile.inputs)));
  const made = new Set([...Object.keys(metafile.outputs).map((path) => basename(path)), "licenses.txt"]);
  for (const file of await readdir(`${root}dist`)) if (!made.has(file)) await rm(`${root}dist/${file}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildProgram();
