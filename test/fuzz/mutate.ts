import { tokens } from "./seeds.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `bytes` with a few changes: bits, spans taken out, doubled or moved, tokens and parts of `others` put in. At most 64 KiB. */
export function mutate(bytes: Buffer, others: readonly Buffer[], next: () => number): Buffer {
  const below = (n: number) => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const span = (b: Buffer): [number, number] => {
    const start = below(b.length + 1);
    return [start, Math.min(b.length, start + 1 + below(next() < 0.8 ? 12 : b.length + 1))];
  };
  const put = (into: Buffer, at: number, what: Buffer, over = at) =>
    Buffer.concat([into.subarray(0, at), what, into.subarray(over)]);
  let result = bytes;
  for (let changes = 1 + below(5); changes > 0; changes--) {
    const [start, end] = span(result);
    switch (below(8)) {
      case 0: {
        result = Buffer.from(result);
        if (start < result.length) result[start] = result[start]! ^ (1 << below(8));
        break;
      }
      case 1:
        result = put(result, start, Buffer.alloc(0), end);
        break;
      case 2:
        result = put(result, start, result.subarray(start, end));
        break;
      case 3: {
        const other = pick(others);
        const [from, to] = span(other);
        result = put(result, start, other.subarray(from, to), next() < 0.5 ? end : start);
        break;
      }
      case 4:
        result = put(
          result,
          start,
          Buffer.alloc(1 + below(300), pick(["(", ")", '"', "[", "x ", "((", "1,"])),
        );
        break;
      case 5:
        result = result.subarray(0, start);
        break;
      default:
        result = put(result, start, Buffer.from(pick(tokens), "latin1"), next() < 0.5 ? end : start);
    }
    if (result.length > 65_536) result = result.subarray(0, 65_536);
  }
  return result;
}
