// A name server on loopback (RFC 1035): it answers what a test wrote down, and nothing else.
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Records by name in lower case. */
export interface Zone {
  readonly a?: Readonly<Record<string, string>>;
  readonly mx?: Readonly<Record<string, readonly (readonly [priority: number, exchange: string])[]>>;
  readonly srv?: Readonly<
    Record<string, readonly (readonly [priority: number, weight: number, port: number, target: string])[]>
  >;
  /** Questions about these names are never answered. */
  readonly silent?: readonly string[];
}

export interface NameServer {
  /** As for Resolver.setServers. */
  readonly address: string;
  /** The questions, as `TYPE name`. */
  readonly asked: string[];
  stop(): Promise<void>;
}

const types = { 1: "A", 15: "MX", 28: "AAAA", 33: "SRV" } as const;

function encodeName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);
}

const words = (...numbers: number[]) => Buffer.concat(numbers.map((n) => Buffer.from([n >> 8, n & 255])));

/** The data of each record that answers. */
function records(zone: Zone, type: string, name: string): Buffer[] {
  if (type === "A") {
    const address = zone.a?.[name];
    return address === undefined ? [] : [Buffer.from(address.split(".").map(Number))];
  }
  if (type === "MX")
    return (zone.mx?.[name] ?? []).map(([priority, exchange]) =>
      Buffer.concat([words(priority), encodeName(exchange)]),
    );
  if (type === "SRV")
    return (zone.srv?.[name] ?? []).map(([priority, weight, port, target]) =>
      Buffer.concat([words(priority, weight, port), encodeName(target)]),
    );
  return [];
}

export async function startNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (question, from) => {
    const labels: string[] = [];
    let at = 12;
    while (question[at]) {
      const length = question[at]!;
      labels.push(question.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const end = at + 5;
    const name = labels.join(".").toLowerCase();
    const number = question.readUInt16BE(at + 1);
    const type = number in types ? types[number as keyof typeof types] : String(number);
    asked.push(`${type} ${name}`);
    if (zone.silent?.includes(name)) return;
    const answers = records(zone, type, name);
    const header = Buffer.concat([
      question.subarray(0, 2),
      // An answer, recursion available; NXDOMAIN where there is none.
      words(0x8180 | (answers.length === 0 ? 3 : 0), 1, answers.length, 0, 0),
    ]);
    const written = answers.map((data) =>
      Buffer.concat([words(0xc00c, number, 1, 0, 60, data.length), data]),
    );
    socket.send(Buffer.concat([header, question.subarray(12, end), ...written]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    stop: () => new Promise((done) => socket.close(() => done())),
  };
}
