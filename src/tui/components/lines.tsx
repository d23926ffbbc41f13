/** A block of finished lines: what every pane comes down to. */
import { memo } from "react";
import { Box, Text } from "../ink.ts";

const Line = memo(function Line({ text }: { readonly text: string }) {
  // An empty Text has no height; the blank is cut again at the end of the line.
  return <Text wrap="truncate">{text === "" ? " " : text}</Text>;
});

export interface LinesProps {
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

/** Exactly `height` rows, `width` columns wide; lines are cut to fit by whoever made them, missing ones are blank. */
export function Lines({ lines, width, height }: LinesProps) {
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      {Array.from({ length: height }, (_, y) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={y} text={lines[y] ?? ""} />
      ))}
    </Box>
  );
}
