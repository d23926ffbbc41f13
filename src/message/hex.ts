const escapes = { "=": /=([0-9A-Fa-f]{2})/g, "%": /%([0-9A-Fa-f]{2})/g } as const;

/** Octets that stand as a sign and two digits, as themselves: `=` in quoted-printable, `%` in addresses and parameters. */
export function fromHex(text: string, sign: keyof typeof escapes): string {
  return text.replace(escapes[sign], (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
