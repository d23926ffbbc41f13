/** BODYSTRUCTURE as text for the index, and back. */
import type { BodyStructure } from "../imap/index.ts";

/** JSON with maps as lists of pairs. */
export function encodeStructure(structure: BodyStructure): string {
  return JSON.stringify(structure, (_key, value: unknown) =>
    value instanceof Map ? { map: [...value] } : value,
  );
}

/** What `encodeStructure` wrote; null where the text is not that (the cache may be anyone's). */
export function decodeStructure(text: string): BodyStructure | null {
  try {
    const value: unknown = JSON.parse(text, (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && "map" in inner && Array.isArray(inner.map)
        ? new Map(inner.map as [string, string][])
        : inner,
    );
    return typeof value === "object" && value !== null && "kind" in value ? (value as BodyStructure) : null;
  } catch {
    return null;
  }
}
