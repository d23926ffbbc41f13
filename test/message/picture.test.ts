import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pictureInfo } from "../../src/message/picture.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("PNG, GIF and JPEG say their size", () => {
  const png = bytes("89504e470d0a1a0a 0000000d 49484452 00000140 000000c8");
  assert.deepEqual(pictureInfo(png), { type: "png", width: 320, height: 200 });
  assert.deepEqual(pictureInfo(bytes("474946383961 4001 c800")), { type: "gif", width: 320, height: 200 });
  // After an APP0 and a filled marker comes a progressive frame.
  const jpeg = bytes("ffd8 ffe00004abcd ff ffc2 000b 08 00c8 0140 01 011100");
  assert.deepEqual(pictureInfo(jpeg), { type: "jpeg", width: 320, height: 200 });
});

test("what is cut off, empty or something else has none", () => {
  assert.equal(pictureInfo(bytes("89504e470d0a1a0a 0000000d 49484452 00000140")), null);
  assert.equal(pictureInfo(bytes("474946383961 0000 c800")), null);
  assert.equal(pictureInfo(bytes("ffd8 ffe00000 ffe00000")), null);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom("", "ffd8", "ffd8ffe0"), (tail, head) => {
      const found = pictureInfo(Buffer.concat([bytes(head), tail]));
      assert.ok(found === null || (found.width > 0 && found.height > 0));
    }),
  );
});
