/** What Herald's own device is called, and what programs show as the name of the camera. */
export const CAMERA_LABEL = 'Herald';
export const CAMERA_MODPROBE = `sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=${CAMERA_LABEL}`;
/** Debian and Ubuntu: the one command that a machine without a virtual camera lacks. */
export const CAMERA_INSTALL = `sudo apt install v4l2loopback-dkms && ${CAMERA_MODPROBE}`;
