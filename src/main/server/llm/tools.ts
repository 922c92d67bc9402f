import { z } from 'zod';

/** Something that a model may do beside answering. */
export interface Tool {
  /** Letters, digits and "_". */
  name: string;
  /** For the model: what it does, and when to call it. */
  description: string;
  /** What it takes, an object. */
  args: z.ZodType;
}

/** A call whose arguments are what the tool takes. */
export interface ToolCall {
  name: string;
  args: unknown;
}

/** A call as it came, put together from its pieces. */
export interface WrittenCall {
  name: string;
  /** JSON, one hopes. */
  args: string;
}

/** The tool in the words of OpenAI's chat completions. */
export const asFunction = ({ name, description, args }: Tool) => {
  const { $schema: _, ...parameters } = z.toJSONSchema(args);
  return { type: 'function' as const, function: { name, description, parameters } };
};

/** The calls, checked; or what is wrong with the first that is not one, as a clause after "it". */
export function readCalls(written: readonly WrittenCall[], tools: readonly Tool[]): ToolCall[] | { problem: string } {
  const calls: ToolCall[] = [];
  for (const { name, args } of written) {
    const tool = tools.find((offered) => offered.name === name);
    if (!tool) return { problem: `called ${name ? `the tool ${name}` : 'a tool'}, which does not exist` };
    const read = tool.args.safeParse(parsed(args));
    if (!read.success) return { problem: `called the tool ${name} with arguments that it does not take` };
    calls.push({ name, args: read.data });
  }
  return calls;
}

/** Some models write nothing where a tool needs nothing. */
function parsed(args: string): unknown {
  try {
    return args.trim() === '' ? {} : JSON.parse(args);
  } catch {
    return undefined;
  }
}
