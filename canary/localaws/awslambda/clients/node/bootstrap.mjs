// A runtime client for Node: it speaks Lambda's Runtime API. Time in it is real.
// Arguments: the handler, and the directory that is /opt.

import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [handlerName] = process.argv.slice(2);
const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const asJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const lowest = levels.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL || "TRACE");
let requestId = "undefined";

// The embedded AWS holds the other end of the standard input: without it this process ends.
process.stdin.on("end", () => process.exit(1)).resume();

function request(method, place, body = "") {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: `/2018-06-01/runtime/${place}` };
    const headers = { "Content-Length": Buffer.byteLength(body) };
    const sent = http.request({ ...options, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve([answer.headers, Buffer.concat(chunks).toString()]));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function log(level, parts) {
  if (levels.indexOf(level) < lowest) return;
  const timestamp = new Date().toISOString();
  const message = format(...parts);
  const line = asJson
    ? JSON.stringify({ timestamp, level, requestId, message })
    : `${timestamp}\t${requestId}\t${level}\t${message.replaceAll("\n", "\r")}`;
  process.stdout.write(line + "\n");
}

function fault(kind, message) {
  return Object.assign(new Error(message), { name: kind, stack: `${kind}: ${message}` });
}

function report(error) {
  const isError = error instanceof Error;
  return {
    errorType: isError ? error.name : typeof error,
    errorMessage: isError ? error.message : String(error),
    trace: isError ? String(error.stack).split("\n") : [],
  };
}

async function load() {
  const cut = handlerName.lastIndexOf("/") + 1;
  const [stem, ...names] = handlerName.slice(cut).split(".");
  if (!names.length) throw fault("Runtime.MalformedHandlerName", `Bad handler ${handlerName}`);
  const base = path.join(process.env.LAMBDA_TASK_ROOT, handlerName.slice(0, cut), stem);
  const file = [".js", ".mjs", ".cjs"].map((end) => base + end).find(existsSync);
  if (!file) {
    throw fault("Runtime.ImportModuleError", `Error: Cannot find module '${stem}'`);
  }
  let module;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw fault("Runtime.UserCodeSyntaxError", String(error));
    if (/MODULE_NOT_FOUND/.test(error?.code)) {
      throw fault("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
  const find = (root) => names.reduce((value, name) => value?.[name], root);
  const handler = find(module) ?? find(module.default);
  if (typeof handler !== "function") {
    throw fault("Runtime.HandlerNotFound", `${handlerName} is undefined or not exported`);
  }
  return handler;
}

function context(headers) {
  const deadline = Date.now() + Number(headers["canary-limit"]) * 1000;
  return {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function call(handler, event, about) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    const answer = handler(event, about, callback);
    if (typeof answer?.then === "function") answer.then(resolve, reject);
    else if (handler.length < 3) resolve(answer);
  });
}

for (const [name, level] of Object.entries({
  log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR",
})) {
  console[name] = (...parts) => log(level, parts);
}

let handler;
try {
  handler = await load();
} catch (error) {
  log("ERROR", ["Uncaught Exception", JSON.stringify(report(error))]);
  await request("POST", "init/error", JSON.stringify(report(error)));
  process.exit(1);
}
for (;;) {
  const [headers, body] = await request("GET", "invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  try {
    const answer = JSON.stringify((await call(handler, JSON.parse(body), context(headers))) ?? null);
    await request("POST", `invocation/${requestId}/response`, answer);
  } catch (error) {
    log("ERROR", ["Invoke Error", JSON.stringify(report(error))]);
    await request("POST", `invocation/${requestId}/error`, JSON.stringify(report(error)));
  }
}
