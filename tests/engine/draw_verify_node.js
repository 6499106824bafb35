// Runs the checks of draw_verify.html outside a browser: one JSON line in, one JSON line out.
// usage: node draw_verify_node.js draw_verify.html < lines of {transcript, roster, head, previous, ticket}
"use strict";
const fs = require("fs");
const html = fs.readFileSync(process.argv[2], "utf8");
const core = /<script id="core">([\s\S]*?)<\/script>/.exec(html)[1];
const SR1 = new Function(core + "\nreturn SR1;")();
for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const one = JSON.parse(line), bytes = text => new TextEncoder().encode(text);
  const result = SR1.verify(bytes(one.transcript), {
    roster: one.roster, head: one.head, previous: one.previous ? bytes(one.previous) : null,
  });
  if (one.ticket) result.ticket = SR1.ticket(one.ticket);
  console.log(JSON.stringify(result));
}
