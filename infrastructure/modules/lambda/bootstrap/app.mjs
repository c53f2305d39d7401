// What a Node.js function serves until its first release.
export const handler = async () => ({ statusCode: 503, body: "not released yet" });
