/** BODYSTRUCTURE as text for the index, and back. */
import type { BodyStructure } from "../imap/index.ts";
import type { Step } from "../message/part-source.ts";
import type { LeafDescription, PartDescription } from "../message/types.ts";

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

/** The leaf of this section; null where there is none. */
export function findPart(structure: PartDescription, section: string): LeafDescription | null {
  const queue = [structure];
  for (let node = queue.shift(); node; node = queue.shift()) {
    if (node.kind === "multipart") queue.push(...node.parts);
    else if (node.section === section) return node;
    else if (node.body) queue.push(node.body);
  }
  return null;
}

/** How a leaf is come to in the source; null where there is none, or a boundary is not known. */
export function stepsTo(structure: BodyStructure, section: string): Step[] | null {
  if (structure.kind === "part") {
    if (structure.section === section) return [];
    const within = structure.body && stepsTo(structure.body, section);
    return within && ["message", ...within];
  }
  const boundary = structure.params.get("boundary");
  for (const [i, part] of structure.parts.entries()) {
    const within = stepsTo(part, section);
    if (within) return boundary === undefined ? null : [{ boundary, nth: i + 1 }, ...within];
  }
  return null;
}

/** All leaves, those of enclosed messages among them; in no order. */
export function leavesOf(structure: PartDescription): LeafDescription[] {
  const leaves: LeafDescription[] = [];
  const queue = [structure];
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (node.kind === "multipart") queue.push(...node.parts);
    else {
      leaves.push(node);
      if (node.body) queue.push(node.body);
    }
  }
  return leaves;
}

/** Octets of each leaf, by section. */
export function partSizes(structure: PartDescription): ReadonlyMap<string, number> {
  return new Map(leavesOf(structure).map(({ section, size }) => [section, size]));
}
