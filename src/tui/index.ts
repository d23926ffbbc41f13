export { runScreen } from "./run.ts";
