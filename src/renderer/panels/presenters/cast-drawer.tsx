import { LazyDrawer } from '../../components/lazy-drawer';
import { closeCast, useCast } from '../../store/cast';

const load = () => import('./drawer');

/** The drawer of presenters, lips and voices. */
export function CastDrawer() {
  const open = useCast((s) => s.open);
  return <LazyDrawer open={open} load={load} close={closeCast} failure="cast.failed" />;
}
