import { expect, test } from 'vitest';
import type { Device, ShellOutput } from '../../src/domain/device';
import { valueOf } from '../unit/adapters/adb/rig';
import { read, sh, start, take } from './ask';
import { HOME, onEachPhone, openDevice, type PhoneKind } from './phones';

interface Difference {
  readonly why: string;
  /** A script, or more than a script can do. */
  readonly script: string | ((device: Device) => Promise<Partial<ShellOutput>>);
  /** What each answers; only what is named is looked at. */
  readonly answers: Readonly<Record<PhoneKind, Partial<ShellOutput>>>;
}

const stdout = (virtual: string, real: string): Difference['answers'] => ({
  'virtual phone': { stdout: virtual },
  'real adbd': { stdout: real },
});
const exitCode = (virtual: number, real: number): Difference['answers'] => ({
  'virtual phone': { exitCode: virtual },
  'real adbd': { exitCode: real },
});
const stderr = (virtual: string, real: string): Difference['answers'] => ({
  'virtual phone': { stderr: virtual },
  'real adbd': { stderr: real },
});

/**
 * Where the virtual phone is not as the test device, and may stay so. Each row is asserted on both sides: when
 * one of them changes, its row fails and must go or be written anew.
 */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'what it computes on': {
    why: 'The virtual phone’s processor is the page, and it says so. Bundles name it like an ABI.',
    script: 'uname -m; getprop ro.product.cpu.abi',
    answers: stdout('wasm32\nwasm32\n', 'x86_64\n\n'),
  },
  'read-only places': {
    why: 'A phone’s /system is a read-only file system; the test device’s belongs to root. Both are `device-denied`.',
    script: 'rm -f /system/build.prop; rm -f /system/bin/sh 2>&1 | tail -1',
    answers: stdout('', 'rm: /system/bin/sh: Permission denied\n'),
  },
  SELinux: {
    why: 'A phone has it, and the simulation says so in `id`; Debian’s adbd is built without.',
    script: 'id | grep -c context=u:r:shell:s0',
    answers: stdout('1\n', '0\n'),
  },
  'Android’s services': {
    why: 'The test device has no framework, so no dumpsys; the product does without (`2>/dev/null`).',
    script: 'dumpsys battery >/dev/null 2>&1',
    answers: exitCode(0, 127),
  },
  'a script’s own name': {
    why: 'just-bash calls itself bash; its messages are put into mksh’s words, its $0 is not.',
    script: 'echo "$0"',
    answers: stdout('bash\n', '/bin/sh\n'),
  },
  'a folder that cannot be entered': {
    why: 'mksh’s cd fails with 2, just-bash’s with 1. No program starts on either.',
    script: 'cd /nowhere',
    answers: exitCode(1, 2),
  },
  'a script that is no script': {
    why: 'just-bash ends with bash’s 2, mksh with 1. Our scripts are quoted by one function.',
    script: "echo 'open",
    answers: exitCode(2, 1),
  },
  'a refused redirection': {
    why: 'just-bash ends the whole script. Our scripts redirect to /dev/null, to files of theirs, or with exec.',
    script: 'echo x > /nowhere/x; echo after',
    answers: stdout('', 'after\n'),
  },
  'output comes at the end': {
    why: 'just-bash collects it. What takes the shell’s place is live: the runner, cat, head, sleep, yes.',
    // what a reader has heard before it ends the script by writing a file
    script: async (device) => {
      const wait = 'n=0; until [ -e go ] || [ $n -gt 9 ]; do sleep 0.1; n=$((n+1)); done';
      await using process = await start(
        device,
        'sh',
        '-c',
        `rm -f go; echo heard; ${wait}; [ -e go ]`,
      );
      await take(process, 6);
      await sh(device, `echo > ${HOME}/go`);
      return { exitCode: valueOf(await process.exit) };
    },
    answers: exitCode(1, 0),
  },
  'background jobs': {
    why: 'just-bash has none: what should run beside the script runs before it goes on. So a group has one member.',
    script: '{ sleep 0.3; echo late; } & echo early; wait',
    answers: stdout('late\nearly\n', 'early\nlate\n'),
  },
  traps: {
    why: 'just-bash has none. Our scripts set none.',
    script: "trap 'echo bye' EXIT; echo hi",
    answers: stdout('hi\n', 'hi\nbye\n'),
  },
  'bytes that are no text': {
    why: 'just-bash keeps output as text: such bytes arrive as two. Live programs are exact.',
    script: "printf '\\377' | cat > /dev/null; printf '\\377'",
    answers: stdout('ÿ', '\ufffd'),
  },
  'stdin of a script': {
    why: 'Empty in just-bash. What takes the shell’s place has the stream’s.',
    script: async (device) => {
      await using process = await start(device, 'sh', '-c', 'read x; echo "[$x]"');
      await process.write('hello\n');
      return { stdout: (await read(process)).stdout };
    },
    answers: stdout('[]\n', '[hello]\n'),
  },
  'programs of a desktop': {
    why: 'The virtual phone has the commands that the product sends, not all of toybox.',
    script: 'type tar realpath mktemp which >/dev/null 2>&1',
    answers: exitCode(1, 0),
  },
  'words of refusals': {
    why: 'Commands that are just-bash’s own keep its words. The product reads only the reason at their end.',
    script: `mkdir ${HOME}`,
    answers: stderr(
      `mkdir: cannot create directory '${HOME}': File exists\n`,
      `mkdir: '${HOME}': File exists\n`,
    ),
  },
  'the status of ls': {
    why: 'just-bash’s own is GNU’s. The product lists folders by sync.',
    script: 'ls /nowhere',
    answers: exitCode(2, 1),
  },
  'special files': {
    why: 'Only /dev/null is there: an endless file would fill the page.',
    script: '[ -e /dev/zero ]',
    answers: exitCode(1, 0),
  },
  '/proc': {
    why: 'Only what the product reads: cpuinfo, meminfo, uptime, loadavg, version.',
    script: '[ -e /proc/self/status ]',
    answers: exitCode(1, 0),
  },
  arithmetic: {
    why: 'just-bash counts in 64 bits and knows **; mksh has 32 bits. Our scripts count nothing.',
    script: 'echo $((2147483647 + 1))',
    answers: stdout('2147483648\n', '-2147483648\n'),
  },
};

/** Features of the daemon that only the real one has. */
const ONLY_REAL = {
  'sendrecv_v2_brotli sendrecv_v2_lz4 sendrecv_v2_zstd':
    'no compression in the page; clients go without, one that insists (adb push -z brotli) is refused',
  delayed_ack: 'one unacknowledged write each way; the product connects without it in any case',
  'abb abb_exec apex remount_shell track_app openscreen_mdns': 'Android services, never used here',
};

onEachPhone('what differs', (phone) => {
  let device: Device;
  test('connects', async () => {
    device = await openDevice(phone());
  });

  test.each(Object.entries(DIFFERENCES))('%s', async (_, { script, answers }) => {
    const answer = typeof script === 'string' ? sh(device, script) : script(device);
    expect(await answer).toMatchObject(answers[phone().kind]);
  });

  test('features', () => {
    const names = Object.keys(ONLY_REAL).flatMap((words) => words.split(' '));
    const found = names.filter((name) => device.features.includes(name));
    expect(found).toEqual(phone().kind === 'real adbd' ? names : []);
  });

  test('closes', () => device[Symbol.asyncDispose]());
});

test('every row of the table is a difference', () => {
  for (const [name, { answers }] of Object.entries(DIFFERENCES))
    expect(answers['virtual phone'], name).not.toEqual(answers['real adbd']);
});
