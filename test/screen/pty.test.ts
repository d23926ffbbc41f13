import assert from "node:assert/strict";
import { test } from "node:test";
import { startPty } from "./pty.ts";

const node = (code: string) => [process.execPath, ["-e", code]] as const;

test("every byte a program writes arrives as written, and is counted", async () => {
  // LF stays out: the terminal driver turns it into CR LF, for any program and any harness.
  const pty = await startPty(
    ...node("const b=[];for(let i=0;i<256;i++)if(i!==10)b.push(i);process.stdout.write(Buffer.from(b))"),
  );
  assert.equal(await pty.exit, 0);
  const expected = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((i) => i !== 10));
  assert.deepEqual(pty.raw, expected);
  assert.equal(pty.bytes, 255);
  await pty.stop();
});

test("every byte typed reaches a program in raw mode", async () => {
  const pty = await startPty(
    ...node(
      "let n=0;process.stdin.setRawMode(true);process.stdout.write('ready ');process.stdin.on('data',(d)=>{n+=d.length;process.stdout.write(d.toString('hex'));if(n>=256)process.exit(3)})",
    ),
  );
  await pty.waitFor("ready");
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  pty.type(all);
  assert.equal(await pty.exit, 3);
  assert.equal(pty.raw.toString("latin1"), `ready ${all.toString("hex")}`);
  await pty.stop();
});

test("the program knows the size, and is told when it changes", async () => {
  const pty = await startPty(
    ...node(
      "const p=()=>process.stdout.write(process.stdout.columns+'x'+process.stdout.rows+';');p();process.stdout.on('resize',p);setInterval(()=>{},1e3)",
    ),
    { columns: 100, rows: 30 },
  );
  await pty.waitFor("100x30;");
  await pty.resize(123, 45);
  await pty.waitFor("123x45;");
  assert.equal(pty.screen.cols, 123);
  await pty.stop();
});

test("the screen shows text and style, and pid is the program's", async () => {
  const pty = await startPty(
    ...node("process.stdout.write('a\\x1b[1;7;31mb\\x1b[m 漢 '+process.pid+' end');setInterval(()=>{},1e3)"),
    {},
  );
  await pty.waitFor("end");
  assert.ok(pty.text()[0]?.includes(`漢 ${pty.pid} end`));
  const cell = pty.cell(0, 1);
  assert.deepEqual([cell.text, cell.bold, cell.inverse, cell.foreground], ["b", true, true, 1]);
  assert.equal(pty.cell(0, 3).width, 2);
  process.kill(pty.pid, "SIGTERM");
  assert.equal(await pty.exit, 143);
  await pty.stop();
});
