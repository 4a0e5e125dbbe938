// Package cloudplugin stands in for the official plugins of the clouds (aws, azure-native, gcp), which need an account
// there and cannot be built from Go modules. What a program makes with a stand-in is made in the sandbox's cloud, by its
// control endpoints, and decides there as it would in the cloud.
//
// A stand-in knows a few resources and refuses every other, so that no program seems to work which does not. Of those
// that it knows it takes exactly the properties that the official SDK declares, nested ones included: the types of the
// SDK say their names, which of them are required, and their types.
//
// The engine starts a plugin as an executable. A test binary becomes one when it runs under the plugin's name: see
// [Serve] and [Install].
package cloudplugin
