import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pictureInfo } from "../../src/message/picture.ts";
import { jpegFile, lying } from "./picture-files.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("PNG, GIF and JPEG say their size", () => {
  const png = bytes("89504e470d0a1a0a 0000000d 49484452 00000140 000000c8");
  assert.deepEqual(pictureInfo(png), { type: "png", width: 320, height: 200, orientation: 1 });
  assert.deepEqual(pictureInfo(bytes("474946383961 4001 c800")), {
    type: "gif",
    width: 320,
    height: 200,
    orientation: 1,
  });
  // After an APP0 and a filled marker comes a progressive frame.
  const jpeg = bytes("ffd8 ffe00004abcd ff ffc2 000b 08 00c8 0140 01 011100");
  assert.deepEqual(pictureInfo(jpeg), { type: "jpeg", width: 320, height: 200, orientation: 1 });
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

test("a JPEG says how it lies: its size is that of the upright picture; what Exif says wrongly is not believed", () => {
  for (const little of [false, true])
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const size = orientation < 5 ? { width: 16, height: 12 } : { width: 12, height: 16 };
      assert.deepEqual(pictureInfo(lying(jpegFile, orientation, little)), {
        type: "jpeg",
        ...size,
        orientation,
      });
    }
  for (const orientation of [0, 9, 0xffff])
    assert.equal(pictureInfo(lying(jpegFile, orientation))?.orientation, 1);
  const file = lying(jpegFile, 6);
  fc.assert(
    fc.property(fc.nat(60), fc.nat(255), (at, octet) => {
      const changed = Buffer.from(file);
      changed[at] = octet;
      const { width = 1, height = 1 } = pictureInfo(changed) ?? {};
      assert.ok(width > 0 && height > 0);
    }),
  );
});
