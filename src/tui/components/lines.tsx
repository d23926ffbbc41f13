/** A block of finished lines: what every pane comes down to. */
import { memo, useContext, useEffect, useRef } from "react";
import { Box, SlotsContext, Text } from "../ink.ts";

/** The block as Ink lays it out: it stays the same, whatever its lines say. */
const Block = memo(function Block({ slots, width, height }: BlockProps) {
  const kept = useContext(SlotsContext);
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      {slots.slice(0, height).map((slot) => (
        <Text key={slot}>{kept.character(slot)}</Text>
      ))}
    </Box>
  );
});

interface BlockProps {
  readonly slots: readonly number[];
  readonly width: number;
  readonly height: number;
}

export interface LinesProps {
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

/** Exactly `height` rows, `width` columns wide; lines are cut to fit by whoever made them, missing ones are blank. */
export function Lines({ lines, width, height }: LinesProps) {
  const kept = useContext(SlotsContext);
  const taken = useRef<number[]>([]);
  useEffect(() => {
    const slots = taken.current;
    return () => {
      for (const slot of slots.splice(0)) kept.release(slot);
    };
  }, [kept]);
  while (taken.current.length < height) taken.current.push(kept.take());
  for (let y = 0; y < height; y++) kept.set(taken.current[y]!, lines[y] ?? "");
  return <Block slots={taken.current} width={width} height={height} />;
}
