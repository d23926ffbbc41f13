/** The end of the screen: what still waits is told before. */
import type { App } from "./app.ts";

export async function quit(app: App): Promise<void> {
  const { outgoing, dialog } = app;
  if (outgoing.leaving > 0) {
    const many = outgoing.leaving === 1 ? "1 message is" : `${outgoing.leaving} messages are`;
    if (!(await dialog.confirm(`${many} about to be sent. Send now and quit?`))) return;
    if (!(await outgoing.flush())) return;
  }
  const queued = app.accounts.reduce((sum, { mail }) => sum + mail.queued, 0);
  if (queued > 0) {
    const waits = queued === 1 ? "1 change waits" : `${queued} changes wait`;
    if (!(await dialog.confirm(`${waits} to be sent, and will be next time. Quit?`))) return;
  }
  app.host.quit();
}
