/** `npm run man`: writes the manual pages into man/, where they are checked in. */
import { writeFileSync } from "node:fs";
import { manualPages } from "./pages.ts";

for (const [file, roff] of manualPages()) writeFileSync(`man/${file}`, roff);
