/** Markdown as HTML, for those who want to send both. */
import { Marked } from "marked";

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
const harmless = (href: string) => /^(?:https?:|mailto:)/i.test(href);

/**
 * HTML in the text is shown and not obeyed, and pictures are links: what is quoted comes from others, and must not work
 * in the writer's name.
 */
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) =>
      harmless(href) ? `<a href="${escaped(href)}">${escaped(text || href)}</a>` : escaped(text),
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return harmless(href) ? `<a href="${escaped(href)}">${text}</a>` : text;
    },
  },
});

/** The signature is no list and no heading: it stays as it is. */
export function markdownToHtml(body: string): string {
  const [text = "", ...signature] = body.split(/^-- $/m);
  const rendered = marked.parse(text, { async: false });
  const below = signature.length > 0 ? `<pre>-- ${escaped(signature.join("-- "))}</pre>\n` : "";
  return `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n${rendered}${below}</body></html>\n`;
}
