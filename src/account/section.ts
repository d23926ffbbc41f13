/** One table of the config file, read setting by setting, for messages that say where. */
import { dirname } from "node:path";
import { AccountError } from "./errors.ts";
import { personsPath } from "./paths.ts";

export type Table = Readonly<Record<string, unknown>>;

export class Section {
  readonly path: string;
  readonly name: string;
  readonly table: Table;

  constructor(path: string, name: string, table: unknown) {
    this.path = path;
    this.name = name;
    if (typeof table !== "object" || table === null || Array.isArray(table)) {
      throw this.wrong("is not a table", `write it as [${name}]`);
    }
    this.table = table as Table;
  }

  wrong(what: string, hint: string): AccountError {
    return new AccountError("CONFIG", `${this.path}: ${this.name} ${what}`, hint);
  }

  /** Refuses keys that mean nothing: a misspelt setting that is silently ignored is worse than a message. */
  only(known: readonly string[]): void {
    const unknown = Object.keys(this.table).find((key) => !known.includes(key));
    if (unknown !== undefined) {
      throw this.wrong(`has an unknown setting "${unknown}"`, `the settings here are: ${known.join(", ")}`);
    }
  }

  text(key: string): string | null {
    const value = this.table[key];
    if (value === undefined) return null;
    if (typeof value !== "string" || value === "") {
      throw this.wrong(`has a "${key}" that is not a text`, `write ${key} = "…"`);
    }
    return value;
  }

  /** A file, from the directory of the config file on; ~/ is the person's home. */
  file(key: string): string | null {
    const value = this.text(key);
    return value === null ? null : this.resolved(value);
  }

  /** The same of a path that is no setting's whole value. */
  resolved(path: string): string {
    return personsPath(path, dirname(this.path));
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.table[key] ?? fallback;
    if (typeof value !== "boolean")
      throw this.wrong(`has a "${key}" that is not true or false`, `write ${key} = true`);
    return value;
  }

  /** Texts, or null. */
  texts(key: string): readonly string[] | null {
    const value = this.table[key];
    if (value === undefined) return null;
    if (!Array.isArray(value) || !value.every((text) => typeof text === "string" && text !== ""))
      throw this.wrong(`has a "${key}" that is not a list of texts`, `write ${key} = ["…", "…"]`);
    return value.map(String);
  }

  /** A port number, or null. */
  port(key: string): number | null {
    const value = this.table[key];
    if (value === undefined) return null;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535)
      throw this.wrong(`has a "${key}" that is no port`, `write ${key} = 8080`);
    return value;
  }
}
