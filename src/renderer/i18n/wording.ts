/** Another language's words: the very keys of the English ones, apart from plurals, of which languages have more or fewer. */
export type Wording<English> = {
  [K in keyof English as K extends `${string}_one` ? never : K]: string;
} & { [K in keyof English as K extends `${string}_one` ? K : never]?: string };
