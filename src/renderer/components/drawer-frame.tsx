import { Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './drawer-frame.module.css';
import { useDrawerKeys } from './use-drawer-keys';

const NARROW = '(max-width: 760px)';

interface Props {
  wanted: boolean;
  close(): void;
  title: string;
  /** How much of the page it takes: of its width, and of its height where it stands at the foot of a narrow screen. */
  size: { width: string | number; height: string };
  /** Leaves the stage undimmed: what is chosen in it is seen there at once. */
  besideStage?: boolean;
  /** Between the title and the cross. */
  switcher?: ReactNode;
  testId?: string;
  children: ReactNode;
}

/** A drawer over the page's right side, or over its foot on a narrow screen, with its title and what closes it. */
export function DrawerFrame({ wanted, close, title, size, besideStage = false, switcher, testId, children }: Props) {
  const { t } = useTranslation('common');
  // It remembers where the focus was when it opens, so it has to be there before.
  const [opened, setOpened] = useState(false);
  useEffect(() => setOpened(wanted), [wanted]);
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  useDrawerKeys(opened, close);
  return (
    <Drawer.Root
      opened={opened}
      onClose={close}
      position={narrow ? 'bottom' : 'right'}
      size={narrow ? size.height : size.width}
      closeOnEscape={false}
      shadow={besideStage ? 'xl' : undefined}
      classNames={{ content: classes.drawer }}
      transitionProps={{ duration: 160 }}
    >
      {/* It takes the press that closes, dimmed or not. */}
      <Drawer.Overlay backgroundOpacity={besideStage ? 0 : 0.34} />
      <Drawer.Content
        onKeyDown={(event) => event.stopPropagation()}
        data-beside-stage={besideStage || undefined}
        data-testid={testId}
      >
        <div className={classes.header}>
          <Drawer.Title component="h2" className={classes.title}>
            {title}
          </Drawer.Title>
          {switcher}
          <Drawer.CloseButton size={38} iconSize={20} aria-label={t('action.close')} />
        </div>
        <Drawer.Body className={classes.body}>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
