import { idleCommand } from "./command/idle.ts";
import { noop } from "./command/simple.ts";
import type { Connection } from "./connection.ts";
import { timeouts } from "./limits.ts";

/** A watch over the selected mailbox. */
export interface Idle {
  /** Ends it; resolves when other commands may follow. */
  done(): Promise<void>;
  /** Resolves when it has ended, whether by `done` or since another command was run; rejects if the connection fails. */
  readonly ended: Promise<void>;
}

/** What the connection gives its idler. */
export interface IdleControls {
  readonly offered: boolean;
  /** ms between two NOOPs where IDLE is not offered. */
  readonly pollMs: number;
  /** Sends DONE as soon as that is allowed. */
  end(): unknown;
  begun(): void;
}

/** When DONE may be sent: once for each IDLE, and not before the server has agreed to it. */
export class IdleSwitch {
  readonly #sendDone: () => void;
  #state: "off" | "sent" | "begun" | "end when begun" | "ending" = "off";

  constructor(sendDone: () => void) {
    this.#sendDone = sendDone;
  }

  /** The server owes us its `+`, or the answer to DONE. */
  get due(): boolean {
    return this.#state === "sent" || this.#state === "end when begun" || this.#state === "ending";
  }

  sent(): void {
    this.#state = "sent";
  }

  begun(): void {
    const wanted = this.#state === "end when begun";
    this.#state = "begun";
    if (wanted) this.end();
  }

  /** Whether DONE has been sent: what follows may go out behind it (RFC 2177). */
  end(): boolean {
    if (this.#state === "sent") this.#state = "end when begun";
    if (this.#state === "begun") {
      this.#state = "ending";
      this.#sendDone();
    }
    return this.#state === "ending";
  }

  over(): void {
    this.#state = "off";
  }
}

/** IDLE, begun anew every 9 minutes; or NOOP now and then. */
export function startIdle(connection: Connection, controls: IdleControls): Idle {
  const ended = controls.offered ? push(connection, controls) : poll(connection, controls);
  ended.promise.catch(() => {});
  return {
    ended: ended.promise,
    done: () => {
      ended.stop();
      return ended.promise;
    },
  };
}

interface Loop {
  readonly promise: Promise<void>;
  stop(): void;
}

function push(connection: Connection, controls: IdleControls): Loop {
  let stopped = false;
  const loop = async () => {
    let renewing = true;
    while (renewing && !stopped) {
      renewing = false;
      const timer = setTimeout(() => {
        renewing = true;
        controls.end();
      }, timeouts.idle);
      try {
        await connection.run(
          idleCommand(() => {
            controls.begun();
            if (stopped) controls.end(); // it was asked to end before it was sent
          }),
        );
      } finally {
        clearTimeout(timer);
      }
    }
  };
  return {
    promise: loop(),
    stop() {
      stopped = true;
      controls.end();
    },
  };
}

function poll(connection: Connection, controls: IdleControls): Loop {
  let stop = () => {};
  const stopped = new Promise<"stop">((resolve) => {
    stop = () => resolve("stop");
  });
  const loop = async () => {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const tick = new Promise<"tick">((resolve) => {
        timer = setTimeout(resolve, controls.pollMs, "tick");
      });
      const next = await Promise.race([stopped, tick]);
      clearTimeout(timer);
      if (next === "stop") return;
      await connection.run(noop());
    }
  };
  return { promise: loop(), stop };
}
