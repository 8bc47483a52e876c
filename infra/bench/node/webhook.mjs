// The webhook of the messages function in Node with the AWS SDK: the same proof, the same queue entry, the same answer, as well as it can
// be done there: clients built once, connections kept, secrets remembered, no framework.
import { createHash, timingSafeEqual } from "node:crypto";
import http from "node:http";

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const { AWS_REGION, STACK, INBOUND_QUEUE_URL, AWS_LAMBDA_RUNTIME_API } = process.env;
const settings = {
  region: AWS_REGION,
  endpoint: process.env.AWS_ENDPOINT_URL,
  maxAttempts: 2,
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  },
};
const sqs = new SQSClient({ ...settings, md5: false });
const secrets = new SecretsManagerClient(settings);
export const tables = new DynamoDBClient(settings);

const REMEMBERED_MS = 300_000;
const remembered = new Map();

async function secretOf(vendor) {
  const known = remembered.get(vendor);
  if (known && Date.now() - known.at < REMEMBERED_MS) return known.secret;
  const SecretId = `${STACK}/vendor/${vendor}`;
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  const secret = JSON.parse(SecretString);
  remembered.set(vendor, { secret, at: Date.now() });
  return secret;
}

const sha256 = (text) => createHash("sha256").update(text).digest();
const isSame = (one, other) => timingSafeEqual(sha256(one), sha256(other));
const answer = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

async function handle(event) {
  const vendor = /^\/api\/webhooks\/wasender\/([A-Za-z0-9_-]{1,64})/.exec(event.rawPath)?.[1];
  const shown = event.headers["x-webhook-signature"];
  if (!vendor || !shown) return answer(401, { code: "unauthorized" });
  const { instances } = await secretOf(vendor);
  const instance = instances.find((it) => isSame(it.webhook.current, shown));
  if (!instance) return answer(401, { code: "unauthorized" });
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  const webhook = JSON.parse(text);
  const message = webhook.data.messages;
  const id = `${vendor}#${instance.wabaId}#${message.key.id}`;
  const contact = `${vendor}#${message.key.cleanedSenderPn}`;
  const entry = {
    version: 1,
    vendorId: vendor,
    wabaId: instance.wabaId,
    receivedAt: new Date().toISOString(),
    message: {
      id: sha256(id).toString("hex"),
      providerMessageId: message.key.id,
      from: { phone: `+${message.key.cleanedSenderPn}`, name: message.pushName },
      content: { type: "text", text: message.messageBody },
      occurredAt: new Date(message.messageTimestamp * 1000).toISOString(),
    },
  };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: INBOUND_QUEUE_URL,
      MessageBody: JSON.stringify(entry),
      MessageGroupId: sha256(contact).toString("hex"),
      MessageDeduplicationId: sha256(id).toString("hex"),
    }),
  );
  process.stdout.write(`${JSON.stringify({ level: "INFO", message: "webhook received", "vendor.id": vendor })}\n`);
  return answer(200, { status: "received", processId: crypto.randomUUID() });
}

// Lambda's runtime API, over one connection.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const request = http.request({ host, port, method, agent, headers, path: `/2018-06-01/runtime/${path}` }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const next = await call("GET", "invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  const answered = await handle(JSON.parse(next.body));
  await call("POST", `invocation/${id}/response`, JSON.stringify(answered));
}
