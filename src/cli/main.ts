/** The way in. What answers at once (`--version`) loads nothing; all else is loaded when it is known to be needed. */
import { version } from "../account/version.ts";
import { handOver } from "./agent/hand-over.ts";
import { asksAtOnce, readsOne } from "./argv.ts";

const [, program = "", ...words] = process.argv;
/** Called by a link of that name, it is what other programs send their mail with. */
const argv = program.endsWith("/sendmail") ? ["send", "--dot", ...words] : words;

// A reader that has seen enough (`postern list | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

if (argv[0] === "--version" || argv[0] === "-V" || (argv[0] === "version" && argv.length === 1)) {
  process.stdout.write(`postern ${version}\n`);
} else {
  process.exitCode = (await handOver(argv)) ?? (await runHere());
}

async function runHere(): Promise<number> {
  const uid = readsOne(argv);
  const early =
    uid !== null || asksAtOnce(argv) ? await (await import("./early.ts")).Early.begin(argv, uid) : null;
  const { shell } = await import("./shell.ts");
  return shell(argv, early);
}
