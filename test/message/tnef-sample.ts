/** Puts a winmail.dat together (MS-OXTNEF). */

export const u16 = (n: number) => Buffer.from([n & 255, n >> 8]);
export const u32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};
export const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
export const attribute = (level: number, id: number, data: Buffer) =>
  Buffer.concat([
    Buffer.from([level]),
    u32(id),
    u32(data.length),
    data,
    u16(data.reduce((a, b) => (a + b) & 0xffff, 0)),
  ]);
export const tnef = (...attributes: Buffer[]) => Buffer.concat([u32(0x223e9f78), u16(1), ...attributes]);
export const property = (type: number, id: number, value: Buffer) =>
  Buffer.concat([u16(type), u16(id), u32(1), u32(value.length), padded(value)]);
export const properties = (...list: Buffer[]) => Buffer.concat([u32(list.length), ...list]);
export const text = (s: string) => Buffer.from(`${s}\0`, "latin1");
export const file = (title: string, data: string, ...more: Buffer[]) => [
  attribute(2, 0x69002, Buffer.alloc(14)),
  attribute(2, 0x18010, text(title)),
  attribute(2, 0x6800f, Buffer.from(data)),
  attribute(2, 0x69005, properties(...more)),
];
