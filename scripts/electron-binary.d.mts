/** The program itself, or null where it has not been fetched. */
export function electronBinary(): string | null;
