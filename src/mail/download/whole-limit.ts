/** Messages up to this size come whole; of larger ones the text parts come first. Octets. */
export const wholeLimit = 256 * 1024;
