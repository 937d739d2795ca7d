/** A text and its UTF-16 code units; the array may be longer than the text. */
export interface Text {
  readonly string: string;
  readonly units: Uint16Array;
}

/** Reads the code units out once: scanning an array is faster than charCodeAt on whatever the engine keeps. */
export function toUnits(string: string, room?: Uint16Array): Text {
  const { length } = string;
  const units = room && room.length >= length ? room : new Uint16Array(length);
  for (let i = 0; i < length; i++) units[i] = string.charCodeAt(i);
  return { string, units };
}
