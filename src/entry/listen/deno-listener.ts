import { addressUrl, type Listen } from './listener.ts';

/** The part of Deno that is used here; its own types would be the types of every other file as well. */
interface DenoRuntime {
  serve(
    options: { readonly hostname: string; readonly port: number; readonly onListen: () => void },
    handler: (request: Request, info: DenoConnection) => Response | Promise<Response>,
  ): DenoServer;
}

interface DenoConnection {
  readonly remoteAddr: { readonly hostname?: string };
}

interface DenoServer {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}

declare const Deno: DenoRuntime;

/** Deno ends a request whose headers do not arrive by itself. */
export const listenOnDeno: Listen = async (app, { host, port }) => {
  const server = Deno.serve({ hostname: host, port, onListen: () => undefined }, (request, { remoteAddr }) =>
    app.fetch(request, { remoteAddress: remoteAddr.hostname ?? null }),
  );
  return {
    url: addressUrl(host, server.addr.port),
    stop: () => server.shutdown(),
    // Deno has no way to cut single connections; the end of the process does.
    cut: () => undefined,
  };
};
