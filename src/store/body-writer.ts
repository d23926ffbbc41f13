import { closeSync, fsyncSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { asStoreError, StoreError } from "./error.ts";
import { removeFile } from "./maildir.ts";
import type { BodyWriter } from "./types.ts";

/** How a file is known again: a power failure, or another program, may have changed it. */
export interface Seal {
  readonly size: number;
  /** CRC-32. */
  readonly checksum: number;
}

interface FileOptions {
  readonly path: string;
  /** Open for writing; closed by the writer. */
  readonly descriptor: number;
  readonly fsync: boolean;
  /** Takes the finished file into the maildir; false: it is not wanted. */
  keep(seal: Seal): boolean;
}

/** Writes one message into a file in tmp/, which `keep` then takes into the maildir. */
export class FileWriter implements BodyWriter {
  readonly #path: string;
  readonly #fsync: boolean;
  readonly #keep: (seal: Seal) => boolean;
  #descriptor: number | null;
  #size = 0;
  #checksum = 0;

  constructor({ path, descriptor, fsync, keep }: FileOptions) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#fsync = fsync;
    this.#keep = keep;
  }

  write(chunk: Uint8Array): void {
    const descriptor = this.#open();
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
    } catch (error) {
      this.abort();
      throw asStoreError(error, this.#path);
    }
    this.#size += chunk.length;
    this.#checksum = crc32(chunk, this.#checksum);
  }

  commit(): boolean {
    const descriptor = this.#open();
    this.#descriptor = null;
    let kept = false;
    try {
      if (this.#fsync) fsyncSync(descriptor);
      closeSync(descriptor);
      kept = this.#keep({ size: this.#size, checksum: this.#checksum });
    } catch (error) {
      throw asStoreError(error, this.#path);
    } finally {
      if (!kept) removeFile(this.#path);
    }
    return kept;
  }

  abort(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    removeFile(this.#path);
  }

  #open(): number {
    if (this.#descriptor === null) {
      throw new StoreError("bug", "A message was written to after its end.");
    }
    return this.#descriptor;
  }
}
