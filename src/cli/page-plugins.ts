// Imported by vite.config.ts: see served-files.ts about file extensions.
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { PAYLOAD_DIR, bundleOf, readServed, servedFiles } from './served-files.ts';

/** Where the page finds its bundles, relative to its own address. */
const BUNDLES = 'bundles/';

/** Serves device-payload/ under bundles/: manifests and the files they name, nothing else. */
export function bundles(): Plugin {
  return {
    name: 'plugsight-bundles',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split('?')[0]?.replace(/^\//, '') ?? '';
        if (!path.startsWith(BUNDLES)) return next();
        const name = path.slice(BUNDLES.length);
        servedFiles().then(async (known) => {
          if (!known.has(name)) return response.writeHead(404).end();
          response.setHeader('Content-Type', contentType(name));
          if (bundleOf(name)) return response.end(await readServed(name));
          createReadStream(join(PAYLOAD_DIR, name)).on('error', next).pipe(response);
        }, next);
      });
    },
    async generateBundle() {
      for (const path of await servedFiles()) {
        const source = await readServed(path);
        this.emitFile({ type: 'asset', fileName: BUNDLES + path, source });
      }
    },
  };
}

const contentType = (path: string) =>
  path.endsWith('.json') ? 'application/json' : 'application/octet-stream';

/**
 * What the built page may do: load from its own server, run WASM, reach a bridge on this computer, and nothing else.
 * `blob:` for workers: @wllama/wllama starts its worker from a blob; for pictures: previews of the user's own file.
 * Not in dev, where Vite's client needs inline code and a socket.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'", // style attributes: bars and shares in the waterfall
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  // https: bundles that the user hosts, and models at any address that the user pastes; http: models that this
  // computer itself serves (docs/models.md); ws: the bridge (docs/bridge.md). Both of these on this computer only.
  "connect-src 'self' blob: https: http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* ws://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Writes the policy into the built page, so that it holds on any static host. */
export function contentSecurity(): Plugin {
  return {
    name: 'plugsight-content-security',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** The page's version for reports and links: "0.1.0+1a2b3c4", "-changed" for a tree with changes, "+dev" without git. */
export function appVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${version}+${commit(root) ?? 'dev'}`;
}

function commit(root: string): string | undefined {
  try {
    const argv = ['describe', '--always', '--exclude=*', '--dirty=-changed'];
    return execFileSync('git', argv, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined; // no git, or a downloaded archive
  }
}
