import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');
const STARTED = /^ArtCritique is at (http:\/\/\S+)$/m;
const START_DEADLINE = 30_000;

function binary(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? path.join(ROOT, 'target');
  const file = process.env['ARTCRITIQUE_BIN'] ?? path.join(target, 'release/artcritique');
  if (!existsSync(file)) throw new Error(`No server at ${file}: build it, or name it in ARTCRITIQUE_BIN.`);
  return file;
}

/** A server process on a free port, with its own data folder. */
export class Site {
  private child: ChildProcess | undefined;
  private address = '';
  /** The server's output, shown when a test fails. */
  log = '';

  private constructor(
    private readonly data: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Starts a server; `env` adds to its environment. */
  static async start(env: Record<string, string> = {}): Promise<Site> {
    const site = new Site(await mkdtemp(path.join(tmpdir(), 'artcritique-e2e-')), env);
    try {
      await site.up('127.0.0.1:0');
    } catch (error) {
      await site.remove();
      throw error;
    }
    return site;
  }

  /** The origin, `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.address;
  }

  /** Starts the server again, on the same port with the same data. */
  async restart(): Promise<void> {
    await this.up(new URL(this.address).host);
  }

  /** Ends the process and waits for its exit. SIGKILL is a crash, SIGTERM a planned stop. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** Ends the process and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }

  private async up(listen: string): Promise<void> {
    const child = spawn(binary(), ['serve'], {
      cwd: this.data,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.data,
        ARTCRITIQUE_ADDR: listen,
        ARTCRITIQUE_DATA_DIR: path.join(this.data, 'data'),
        ARTCRITIQUE_SITE_DIR: process.env['ARTCRITIQUE_SITE_DIR'] ?? path.join(ROOT, 'target/site'),
        ...this.env,
      },
    });
    this.child = child;
    const orphan = () => child.kill('SIGKILL');
    process.once('exit', orphan);
    child.once('exit', () => process.off('exit', orphan));

    let out = '';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`The server did not start in time.\n${this.log}`)), START_DEADLINE);
      const settle = (error?: Error) => {
        clearTimeout(late);
        if (error) reject(error);
        else resolve();
      };
      child.stderr.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        this.log += chunk.toString();
        const started = STARTED.exec(out)?.[1];
        if (started) {
          this.address = started;
          settle();
        }
      });
      child.once('error', settle);
      child.once('exit', (code, signal) => settle(new Error(`The server ended at once (${code ?? signal}).\n${this.log}`)));
    });
  }
}
