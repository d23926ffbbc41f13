// A real OpenID provider, in a process of its own: it says its port on standard output, and ends with standard input.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

/** What every client here may do: it runs on people's own machines, and so has no secret. */
const native = {
  application_type: "native",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1/"],
  response_types: ["code"],
  grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
};

const provider = new Provider(issuer, {
  clients: [{ ...native, client_id: "postern" }],
  // Whoever says that he is somebody is that.
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    userinfo: { enabled: true },
  },
  issueRefreshToken: () => true,
  // A refresh token is good once.
  rotateRefreshToken: true,
  ttl: {
    AccessToken: 3600,
    RefreshToken: 86_400,
    Grant: 86_400,
    Session: 86_400,
    DeviceCode: 600,
    Interaction: 600,
  },
  cookies: { keys: ["a key of the tests"] },
});
const answer = provider.callback();
server.on("request", async (request, response) => {
  // The provider's own way to revoke a token takes all others along that were allowed with it.
  const forget = new URL(request.url, issuer).searchParams.get("forget");
  if (forget === null) return answer(request, response);
  for (const kind of [provider.AccessToken, provider.RefreshToken])
    await (await kind.find(forget))?.destroy();
  response.end();
});
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
process.stdin.resume().on("end", () => process.exit(0));
