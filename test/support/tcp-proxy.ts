/** A wire between two processes that a test can cut: silently, as a broken network does, or by hanging up. */
import { createServer, connect, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** What happens to bytes and to new connections. "silent": they wait, and nobody is told. "refused": everything is hung up on. */
export type ProxyState = "open" | "silent" | "refused";

export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #state: ProxyState = "open";

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => {
      this.#serve(near, connect(target));
    });
  }

  static async listen(
    listen: { readonly host: string; readonly port: number },
    target: { readonly host: string; readonly port: number },
  ): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(listen, resolve);
    });
    return proxy;
  }

  set(state: ProxyState): void {
    this.#state = state;
    for (const pair of [...this.#pairs]) this.#apply(pair);
  }

  async close(): Promise<void> {
    this.set("refused");
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(near: Socket, far: Socket): void {
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", end);
    }
    this.#apply(pair);
  }

  #apply({ near, far }: Pair): void {
    switch (this.#state) {
      case "open":
        near.pipe(far);
        far.pipe(near);
        return;
      case "silent":
        near.unpipe(far).pause();
        far.unpipe(near).pause();
        return;
      case "refused":
        near.destroy();
        far.destroy();
        return;
    }
  }
}
