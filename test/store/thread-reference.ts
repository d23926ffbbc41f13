/**
 * REFERENCES as RFC 5256 §3 tells it, steps 1 to 4 and 6, from scratch, step by step and with recursion: what the
 * index, which does it bit by bit, is held against. Step 5, the merging by subject, is left out on both sides (REFS).
 */

export interface Mail {
  readonly uid: number;
  readonly messageId: string | null;
  readonly references: readonly string[];
  /** The sent date. */
  readonly date: number;
}

/** `uid` null: a message that is not here, but whose answers belong together. */
export interface Thread {
  readonly uid: number | null;
  readonly date: number;
  readonly answers: Thread[];
}

interface Container {
  mail: Mail | null;
  parent: Container | null;
  children: Set<Container>;
}

function descends(one: Container, from: Container): boolean {
  for (let at: Container | null = one; at; at = at.parent) if (at === from) return true;
  return false;
}

function setParent(child: Container, parent: Container | null): void {
  child.parent?.children.delete(child);
  child.parent = parent;
  parent?.children.add(child);
}

/** Threads of the mailbox, in the order of the first message of each (step 4). */
export function referenceThreads(mailbox: readonly Mail[]): Thread[] {
  const table = new Map<string, Container>();
  const all: Container[] = [];
  const create = (mail: Mail | null) => {
    const container: Container = { mail, parent: null, children: new Set() };
    all.push(container);
    return container;
  };
  const withId = (id: string) => {
    const known = table.get(id) ?? create(null);
    table.set(id, known);
    return known;
  };
  for (const mail of [...mailbox].sort((a, b) => a.uid - b.uid)) {
    // (1) (A)
    const ancestors = mail.references.map(withId);
    for (const [i, child] of ancestors.entries()) {
      const parent = ancestors[i - 1];
      if (parent && !child.parent && !descends(parent, child)) setParent(child, parent);
    }
    let own = mail.messageId === null ? create(null) : withId(mail.messageId);
    if (own.mail) own = create(null);
    own.mail = mail;
    // (1) (B)
    const last = ancestors.at(-1) ?? null;
    if (own.parent !== last) {
      setParent(own, null);
      if (last && !descends(last, own)) setParent(own, last);
    }
  }
  // (2) and (3)
  const prune = (container: Container, underRoot: boolean): Thread[] => {
    const answers = sorted([...container.children].flatMap((child) => prune(child, false)));
    const { mail } = container;
    if (mail) return [{ uid: mail.uid, date: mail.date, answers }];
    if (!underRoot || answers.length <= 1) return answers;
    return [{ uid: null, date: answers[0]?.date ?? 0, answers }];
  };
  // (4)
  return sorted(all.filter(({ parent }) => !parent).flatMap((container) => prune(container, true)));
}

function firstUid({ uid, answers }: Thread): number {
  return uid ?? (answers[0] ? firstUid(answers[0]) : 0);
}

function sorted(threads: Thread[]): Thread[] {
  return threads.sort((a, b) => a.date - b.date || firstUid(a) - firstUid(b));
}

/** A thread as lines `depth uid`, top to bottom, as the rows of a list have them. */
export function lines({ uid, answers }: Thread, depth = 0): string[] {
  const own = uid === null ? [] : [`${depth} ${uid}`];
  return [...own, ...answers.flatMap((answer) => lines(answer, depth + 1))];
}

/** What each message answers; null where that is not here. */
export function parents(threads: readonly Thread[]): Map<number, number | null> {
  const found = new Map<number, number | null>();
  const walk = ({ uid, answers }: Thread, parent: number | null) => {
    if (uid !== null) found.set(uid, parent);
    for (const answer of answers) walk(answer, uid);
  };
  for (const thread of threads) walk(thread, null);
  return found;
}
