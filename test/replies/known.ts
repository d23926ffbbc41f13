/**
 * Replies that do not read as their source says, each with the reason: the server (or its test data) is at fault, and
 * what is made of it is right. Told by what the reply's name matches, as the report prints it.
 */
const known: readonly (readonly [name: RegExp, reason: string])[] = [
  [
    /urlauth-binary#/,
    "answers to URLFETCH with BINARY or BODYPARTSTRUCTURE (RFC 5524), which is not asked for",
  ],
  [/rfc\/000\.stalwart/, "Stalwart 0.2 gives audio and image parts the type text"],
  [/(?:rfc\/003|thirdparty\/00[01])\.stalwart/, "Stalwart 0.2 does not see these multiparts"],
  [/rfc\/008\.stalwart/, "Stalwart 0.2 sees a multipart in an attached message where the others see text"],
  [/rfc\/001\.maddy/, "maddy gives the third message/external-body the type text/plain"],
  [
    /(?:rfc\/004|thirdparty\/007)\.maddy/,
    "maddy does not know that parts of a digest are messages (RFC 2046 §5.1.5)",
  ],
  [/thirdparty\/010\.maddy/, "maddy does not see a multipart of one part"],
];

/** Why the reply `name` may differ, or undefined where it may not. */
export function explanation(name: string): string | undefined {
  return known.find(([pattern]) => pattern.test(name))?.[1];
}

/** How many differences are known. */
export const knownCount = known.length;
