import { App as SampleApp } from '../../testbed/sample-app';

export { kubectl, root, testbed } from '../../testbed/sample-app';

/** A class that JavaScript exports comes as a value only. */
export const App = SampleApp;
export type App = InstanceType<typeof SampleApp>;
