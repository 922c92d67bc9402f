export { PatientClock } from '../src/main/server/playout/patient-clock';
