/** The words that programs of many languages put before the subject of an answer or a forwarded message. */

const answers =
  "re|aw|antw|antwort|sv|vs|odp|ynt|r|res|rif|vá|atb|bls|ref|aντ|απ|σχετ|ответ|отв|回复|回覆|答复|答覆|返信|답장|회신|השב|תגובה|رد";
const forwards =
  "fwd?|wg|tr|rv|enc|vl|vb|vs|fs|i|pd|doorst|i̇lt|ilt|tов|továbbítás|trs|πρθ|пересл|перес|转发|轉寄|轉發|転送|전달|הועבר|إعادة توجيه";
/** "Re[2]:", "AW(3):", "Re^2:" and the full-width colon count too. */
const prefix = new RegExp(
  `^\\s*(?:${answers}|${forwards})\\s*(?:\\[\\d+\\]|\\(\\d+\\)|\\^\\d+|\\*\\d+)?\\s*[:：]\\s*`,
  "iu",
);

/** The subject without what answers and forwards have put before it. */
export function bareSubject(subject: string): string {
  let rest = subject.trim();
  for (let found = prefix.exec(rest); found && found[0].length > 0; found = prefix.exec(rest))
    rest = rest.slice(found[0].length);
  return rest.trim();
}

export const replySubject = (subject: string): string => `Re: ${bareSubject(subject)}`.trim();
export const forwardSubject = (subject: string): string => `Fwd: ${bareSubject(subject)}`.trim();
