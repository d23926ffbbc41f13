/** What is said between a BulkWriter and the thread that writes its files. */

/** Octets of one file, in `buffer` from `start` to `end`. */
export interface Piece {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** `more`: the file goes on in a later piece; `drop`: it is not wanted after all. */
  readonly fate: "end" | "more" | "drop";
}

export type Order =
  | { readonly kind: "write"; readonly buffer: ArrayBuffer; readonly pieces: readonly Piece[] }
  /** Moves finished files, or deletes those without a new path. */
  | { readonly kind: "deliver"; readonly deliveries: readonly Delivery[] }
  | { readonly kind: "end" };

export interface Delivery {
  readonly temporary: string;
  readonly path: string | null;
}

export type Report =
  /** The files that came to their end, in their order; the buffer may be used again. */
  | {
      readonly kind: "written";
      readonly buffer: ArrayBuffer;
      readonly files: readonly { readonly size: number; readonly checksum: number }[];
    }
  | { readonly kind: "delivered"; readonly count: number }
  /** `code` is the system's. All files not yet told as written are gone, and nothing more is written. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "ended" };

/**
 * The thread. Its text is handed over, so that it needs no file of its own in the bundles: it may use nothing from
 * around it but types. Open, write, close and rename are called synchronously, as nobody waits for this thread.
 */
export function serveDisk(load: NodeJS.Require, sync: boolean): void {
  const fs = load("node:fs") as typeof import("node:fs");
  const { crc32 } = load("node:zlib") as typeof import("node:zlib");
  const { parentPort } = load("node:worker_threads") as typeof import("node:worker_threads");
  interface File {
    descriptor: number;
    size: number;
    checksum: number;
  }
  const open = new Map<string, File>();
  const written = new Set<string>();
  let failed = false;
  const report = (what: Report, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(what, transfer);
  const remove = (path: string) => {
    try {
      fs.unlinkSync(path);
    } catch {
      // It is gone, or swept later.
    }
  };
  const fsync = (descriptor: number) =>
    new Promise<void>((resolve, reject) =>
      fs.fsync(descriptor, (error) => (error ? reject(error) : resolve())),
    );
  const take = (buffer: Uint8Array, { path, start, end, fate }: Piece): File | null => {
    const file = open.get(path) ?? { descriptor: fs.openSync(path, "wx", 0o600), size: 0, checksum: 0 };
    open.set(path, file);
    for (let at = start; at < end; ) at += fs.writeSync(file.descriptor, buffer, at, end - at);
    file.size += end - start;
    file.checksum = crc32(buffer.subarray(start, end), file.checksum);
    if (fate === "more") return null;
    if (!sync || fate === "drop") {
      open.delete(path);
      fs.closeSync(file.descriptor);
    }
    if (fate === "drop") remove(path);
    else written.add(path);
    return fate === "drop" ? null : file;
  };
  const write = async (buffer: ArrayBuffer, pieces: readonly Piece[]) => {
    const view = new Uint8Array(buffer);
    const files = pieces.flatMap((piece) => take(view, piece) ?? []);
    if (sync) {
      // Side by side, so that the file system can bring many to the disk at once.
      await Promise.all(files.map(({ descriptor }) => fsync(descriptor)));
      for (const { path, fate } of pieces) {
        const file = open.get(path);
        if (fate !== "end" || !file) continue;
        open.delete(path);
        fs.closeSync(file.descriptor);
      }
    }
    const seals = files.map(({ size, checksum }) => ({ size, checksum }));
    report({ kind: "written", buffer, files: seals }, [buffer]);
  };
  const deliver = (deliveries: readonly Delivery[]) => {
    for (const { temporary, path } of deliveries) {
      written.delete(temporary);
      if (path === null) remove(temporary);
      else {
        try {
          fs.renameSync(temporary, path);
        } catch {
          // Whoever needed it has moved or deleted it already; else it is found in tmp/.
        }
      }
    }
    report({ kind: "delivered", count: deliveries.length });
  };
  const giveUp = () => {
    for (const [path, { descriptor }] of open) {
      fs.closeSync(descriptor);
      remove(path);
    }
    open.clear();
  };
  const obey = async (order: Order) => {
    if (order.kind === "deliver") deliver(order.deliveries);
    else if (order.kind === "end") {
      giveUp();
      report({ kind: "ended" });
    } else if (!failed) {
      try {
        await write(order.buffer, order.pieces);
      } catch (error) {
        failed = true;
        giveUp();
        for (const { path } of order.pieces) {
          if (!written.has(path)) continue;
          written.delete(path);
          remove(path);
        }
        const { code = "", message } = error as NodeJS.ErrnoException;
        report({ kind: "failed", code, message });
      }
    }
  };
  let before = Promise.resolve();
  parentPort?.on("message", (order: Order) => {
    before = before.then(() => obey(order));
  });
}
