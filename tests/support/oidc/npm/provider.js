// A certified provider of OpenID Connect for tests, with forms for signing in and for consent that take any password.
// Its people and clients come as JSON in PEOPLE and CLIENTS. Prints its address once it listens.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const people = JSON.parse(process.env.PEOPLE);
const server = createServer();
await new Promise((listening) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(address, {
  clients: JSON.parse(process.env.CLIENTS),
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  cookies: { keys: ["of-the-tests"] },
  features: { rpInitiatedLogout: { enabled: true } },
});

// Clients on loopback, whose ports are not known in advance.
const { Client } = provider;
const isKnown = (known) => (uri) => {
  const { protocol, hostname, pathname } = new URL(uri);
  return known.includes(`${protocol}//${hostname}${pathname}`);
};
Client.prototype.redirectUriAllowed = function (uri) {
  return isKnown(this.redirectUris)(uri);
};
Client.prototype.postLogoutRedirectUriAllowed = function (uri) {
  return isKnown(this.postLogoutRedirectUris)(uri);
};

server.on("request", provider.callback());
console.log(address);
