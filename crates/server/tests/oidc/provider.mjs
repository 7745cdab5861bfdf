// A real OpenID Connect provider (npm oidc-provider) for one test, in memory, on a free port of loopback.
//
//   node provider.mjs <folder with node_modules> <address of the service> [userinfo]
//
// Prints its address in one line of JSON. Accounts are below; any password is right. With `userinfo`
// claims of scopes come from user info alone, as the standard has it, otherwise in the ID token as well.
// `POST /control/rotate` exchanges the signing keys; `POST /control/clock?seconds=<n>` shifts its clock.
// It ends when its standard input does.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, service, mode] = process.argv.slice(2);
const library = createRequire(`${folder}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(library));

const groups = {
  ada: ['everyone', 'platform-admins', 'on-call'],
  bob: ['everyone', 'on-call'],
  eve: ['everyone'],
  mallory: ['contractors'],
};

// The provider asks for the time everywhere; a clock that is wrong is wrong for all of it.
const clock = Date.now;
let shift = 0;
Date.now = () => clock() + shift;

function keys() {
  const made = [
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ];
  return made.map(([alg, { privateKey }]) => (
    { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() }
  ));
}

function client(id, algorithm) {
  return {
    client_id: id,
    client_secret: `the secret of ${id}`,
    redirect_uris: [`${service}/sign-in/oidc/callback`],
    post_logout_redirect_uris: [`${service}/signed-out`],
    id_token_signed_response_alg: algorithm,
  };
}

const configuration = {
  clients: [client('nightjar', 'RS256'), client('es256', 'ES256'), client('eddsa', 'EdDSA')],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] },
  claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
  conformIdTokenClaims: mode === 'userinfo',
  cookies: { keys: ['a key for tests'] },
  ttl: { IdToken: 60, AccessToken: 60, AuthorizationCode: 60, Interaction: 600, Session: 600, Grant: 600 },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of the test`, groups: groups[id] ?? [] }),
  }),
};

let answer;
function start(issuer) {
  answer = new Provider(issuer, { ...configuration, jwks: { keys: keys() } }).callback();
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'POST' && url.pathname === '/control/rotate') {
    start(issuer);
    response.end('rotated');
  } else if (request.method === 'POST' && url.pathname === '/control/clock') {
    shift = Number(url.searchParams.get('seconds')) * 1000;
    response.end('shifted');
  } else {
    answer(request, response);
  }
});

let issuer;
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  start(issuer);
  console.log(JSON.stringify({ issuer }));
});
process.stdin.on('end', () => process.exit(0)).resume();
