/** What is said between a Keyring and the process that asks the system's keyring. */

export interface KeyringQuestion {
  /** The file that keytar is loaded from. */
  readonly keytar: string;
  readonly verb: "get" | "set" | "delete";
  readonly service: string;
  readonly key: string;
  /** With `set`. */
  readonly value?: string;
}

export type KeyringAnswer =
  /** It is about to ask the keyring: what takes long from now on is the keyring's doing. */
  | { readonly kind: "asking" }
  | { readonly kind: "value"; readonly value: string | null }
  | { readonly kind: "done"; readonly changed: boolean }
  /** keytar, or the library below it, is not there. */
  | { readonly kind: "unloadable"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/**
 * The process. Its text is handed over, so that it needs no file of its own in the bundles: it may use nothing from
 * around it but types. One question comes on standard input, answers go to standard output, a line of JSON each.
 */
export function serveKeyring(load: NodeJS.Require): void {
  interface Keytar {
    getPassword(service: string, key: string): Promise<string | null>;
    setPassword(service: string, key: string, value: string): Promise<void>;
    deletePassword(service: string, key: string): Promise<boolean>;
  }
  const say = (answer: KeyringAnswer) => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  const words = (error: unknown) => (error instanceof Error ? error.message : String(error));
  const ask = async (keytar: Keytar, { verb, service, key, value }: KeyringQuestion) => {
    say({ kind: "asking" });
    if (verb === "get") {
      say({ kind: "value", value: await keytar.getPassword(service, key) });
    } else if (verb === "set") {
      await keytar.setPassword(service, key, value ?? "");
      say({ kind: "done", changed: true });
    } else {
      say({ kind: "done", changed: await keytar.deletePassword(service, key) });
    }
  };
  let text = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk: string) => {
    text += chunk;
  });
  process.stdin.on("end", () => {
    const question = JSON.parse(text) as KeyringQuestion;
    let keytar: Keytar;
    try {
      keytar = load(question.keytar) as Keytar;
    } catch (error) {
      say({ kind: "unloadable", message: words(error) });
      return;
    }
    ask(keytar, question).catch((error: unknown) => say({ kind: "failed", message: words(error) }));
  });
}
