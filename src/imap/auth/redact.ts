/** A server that repeats what we said to it must not bring the password into a log, an error or an ALERT. */
import type { Response } from "../response/response.ts";
import type { Login } from "./mechanism.ts";

/** The secret in every form in which a server could say it back: none of these may reach a log or an error. */
export function secretForms(who: Login): readonly string[] {
  if ("certificate" in who) return [];
  const { user, authorizeAs = "" } = who;
  const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
  if ("token" in who) {
    const token = who.token.reveal();
    return [token, base64(token), base64(`user=${user}\x01auth=Bearer ${token}\x01\x01`)].filter(Boolean);
  }
  const password = who.secret.reveal();
  const quoted = password.replace(/["\\]/g, "\\$&");
  const octets = Buffer.from(password, "utf8").toString("latin1");
  const forms = [quoted, password, octets, base64(password), base64(`${authorizeAs}\0${user}\0${password}`)];
  return [...new Set(forms)].filter(Boolean);
}

/** The text, with "[secret]" where one of the forms was. */
export function withoutSecrets(text: string, forms: readonly string[]): string {
  return forms.reduce((cleaned, form) => cleaned.replaceAll(form, "[secret]"), text);
}

/** The response, with what it tells people cleaned. */
export function cleanResponse(response: Response, forms: readonly string[]): Response {
  if (response.kind !== "tagged" && response.kind !== "condition") return response;
  return { ...response, text: withoutSecrets(response.text, forms) };
}
