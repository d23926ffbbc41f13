/** Runs `work`; once more where it is asked for meanwhile, as what it has seen may be older. Who asks waits for the last. */
export function onceMore(work: () => Promise<unknown>): () => Promise<void> {
  let wanted = false;
  let running: Promise<void> | null = null;
  const run = async () => {
    try {
      while (wanted) {
        wanted = false;
        await work();
      }
    } finally {
      // At once: who asks from now on begins anew.
      running = null;
    }
  };
  return () => {
    wanted = true;
    running ??= Promise.resolve().then(run);
    return running;
  };
}
