import { Button } from '@mantine/core';

/** The words of a message, with what can be done about it. */
export function ToastAction(props: { words: string; action: string; onAction(): void }) {
  return (
    <>
      {props.words && <p>{props.words}</p>}
      <Button size="compact-sm" variant="light" mt={6} onClick={props.onAction}>
        {props.action}
      </Button>
    </>
  );
}
