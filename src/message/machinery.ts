/** Fields that are the machinery of mail: keys, signatures and routes are most of a header, and nobody looks for them. */
const MACHINERY =
  /^(?:received(?:-spf)?|x-received|return-path|dkim-signature|domainkey-signature|x-google-dkim-signature|arc-.*|authentication-results|x-ms-exchange-.*|x-microsoft-.*|x-forefront-.*|x-gm-.*|x-google-smtp-source|x-sg-.*|x-spam-.*|x-mime-autoconverted|content-.*|mime-version|autocrypt|face|x-face)$/;

/** Whether a field is left out of `SearchText.fields`, whatever its value. `name` in any case. */
export function isMachinery(name: string): boolean {
  return MACHINERY.test(name.toLowerCase());
}
