import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that GitHub's API was asked. */
export interface Call {
  readonly asked: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  /** When it came, by Date.now(). */
  readonly at: number;
}

/** How the API answers: a deployment's id is always 42. */
export type Manner = 'well' | 'never' | 403 | 500;

const BASE = '/api/v3';
const CREATE = `POST ${BASE}/repos/medibird/example/deployments`;

/** An API of a GitHub server of one's own, for deployments alone; it keeps what it was asked. */
export class GitHubApi {
  readonly calls: Call[] = [];
  manner: Manner = 'well';
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<GitHubApi> {
    const api = new GitHubApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get environment(): Record<string, string> {
    return { GITHUB_API_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${BASE}` };
  }

  /** What it was asked to create, and what it was told of it after that. */
  told(): { created: Call['body'][]; statuses: Call['body'][] } {
    const isCreation = ({ asked }: Call) => asked === CREATE;
    const isStatus = ({ asked }: Call) => asked === `${CREATE}/42/statuses`;
    const others = this.calls.filter((call) => !isCreation(call) && !isStatus(call));
    if (others.length > 0) throw new Error(`it was asked for what it has not: ${others.map(({ asked }) => asked)}`);
    const bodies = (is: (call: Call) => boolean) => this.calls.filter(is).map(({ body }) => body);
    return { created: bodies(isCreation), statuses: bodies(isStatus) };
  }

  forget(): void {
    this.calls.length = 0;
    this.manner = 'well';
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method, url, headers } = request;
    this.calls.push({
      asked: `${method} ${url}`,
      authorization: headers.authorization,
      body: JSON.parse(Buffer.concat(parts).toString() || '{}'),
      at: Date.now(),
    });
    if (this.manner === 'never') return;
    const [status, answer] =
      this.manner === 'well'
        ? [201, { id: 42 }]
        : [this.manner, { message: this.manner === 403 ? 'Resource not accessible by integration' : 'Server Error' }];
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(answer));
  }
}
